export {
  type RolloutFailure,
  type RolloutOptions,
  type RolloutReport,
  simulateRollout,
} from './simulate-rollout.js';
