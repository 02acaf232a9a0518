export { type DatabaseReportOptions, databaseReport } from './report/database-report.js';
export type {
  DatabaseReport,
  ReportPart,
  ScannedTableReport,
  StatementReport,
  UnusedIndexReport,
} from './report/report-parts.js';
