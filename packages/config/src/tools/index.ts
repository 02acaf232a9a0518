export { canaryEnvironment } from './canary-environment.js';
export { type BundleFinding, type BundleReport, type ScanOptions, scanBundle } from './scan-bundle.js';
export { type Artifact, type ArtifactOptions, writeArtifacts } from './write-artifacts.js';
