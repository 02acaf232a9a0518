export {
  type DatabaseReport,
  type DatabaseReportOptions,
  databaseReport,
  type ReportPart,
  type ScannedTableReport,
  type StatementReport,
  type UnusedIndexReport,
} from './report/database-report.js';
