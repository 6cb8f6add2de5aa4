/** Gives property tests of fast runs the same inputs every time; QUN_TEST_SEED takes others. It knows no test. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['QUN_TEST_SEED'] ?? 20_260_101) })
