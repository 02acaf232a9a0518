import { configureGlobal, readConfigureGlobal } from 'fast-check';

/**
 * `npm test` draws the same values every time, so that what was green stays green until the code changes. The soak draws
 * new ones: that is where a property test may find something.
 */
if (process.env.SEAWORTHY_SIZE !== 'soak') configureGlobal({ ...readConfigureGlobal(), seed: 20_260_101 });
