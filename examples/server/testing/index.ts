export {
  type Answer,
  type AuditWitness,
  type AuditWitnessOptions,
  auditWitness,
  type Scenario,
} from './audit-witness.js';
