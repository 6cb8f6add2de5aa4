/** Compiled checks of bodies, states and inputs; made once per schema, at start. */
import { faultsOf, refuse, type TSchema } from '@qun/contract'
import { Compile, type Validator } from 'typebox/compile'
import { assert } from './assert.ts'

/** Of the process: engines that serve the same features share what is compiled. */
const compiled = new WeakMap<TSchema, Validator>()

export class Validators {
  of(schema: TSchema): Validator {
    let validator = compiled.get(schema)
    if (validator === undefined) {
      validator = Compile(schema) as Validator
      compiled.set(schema, validator)
    }
    return validator
  }

  /** Refuses `request.unknown_field` or `request.invalid` with pointers below `at`. */
  check(schema: TSchema, value: unknown, at = ''): void {
    const validator = this.of(schema)
    if (validator.Check(value)) return
    const { code, errors } = faultsOf(validator, schema, value, at)
    throw refuse(code, { errors })
  }

  /** What the server itself made must fit; a misfit is a bug. */
  assert(schema: TSchema, value: unknown, what: string): void {
    const validator = this.of(schema)
    if (validator.Check(value)) return
    assert(false, `${what} breaks its schema: ${JSON.stringify(faultsOf(validator, schema, value).errors)}`)
  }
}
