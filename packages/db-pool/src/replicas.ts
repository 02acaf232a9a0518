export {
  createReplicatedDb,
  type ReplicaSettings,
  type ReplicatedDb,
  type ReplicatedDbOptions,
} from './replicas/create-replicated-db.js';
export type { Reader, ReadOptions } from './replicas/reader.js';
export type { ReplicaState, ReplicaStatus } from './replicas/replica.js';
