import { configureGlobal } from 'fast-check'

/**
 * Properties draw from one seed, so that a run says the same as the run before. KUBEHOP_SEED=N looks elsewhere; a failure that it finds is
 * kept as an example in the property's own test.
 */
configureGlobal({ seed: Number(process.env.KUBEHOP_SEED ?? 1) })
