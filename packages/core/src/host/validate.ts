/** Compiled checks of bodies, states and inputs; made once per schema, at start. */
import type { Refusal } from '@qun/contract'
import { refuse, type TSchema } from '@qun/contract'
import { Compile, type Validator } from 'typebox/compile'
import { assert } from './assert.ts'

type Problem = { readonly pointer: string; readonly code: string }

/** At most this many faults are reported: enough to mend a form, too few to be a burden. */
const faultsMax = 10

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
    throw invalid(faultsOf(validator, value, at))
  }

  /** What the server itself made must fit; a misfit is a bug. */
  assert(schema: TSchema, value: unknown, what: string): void {
    const validator = this.of(schema)
    if (validator.Check(value)) return
    assert(false, `${what} breaks its schema: ${JSON.stringify(faultsOf(validator, value, ''))}`)
  }
}

function invalid(errors: readonly Problem[]): Refusal {
  const unknown = errors.length > 0 && errors.every((error) => error.code === 'request.unknown_field')
  return refuse(unknown ? 'request.unknown_field' : 'request.invalid', { errors })
}

interface SchemaFault {
  readonly keyword: string
  readonly instancePath: string
  readonly params: {
    readonly additionalProperties?: readonly string[]
    readonly requiredProperties?: readonly string[]
  }
}
function faultsOf(validator: Validator, value: unknown, at: string): Problem[] {
  const faults: Problem[] = []
  for (const fault of validator.Errors(value) as Iterable<SchemaFault>) {
    const path = `${at}${fault.instancePath}`
    if (fault.keyword === 'additionalProperties') {
      for (const name of fault.params.additionalProperties ?? [])
        faults.push({ pointer: `${path}/${name}`, code: 'request.unknown_field' })
    } else if (fault.keyword === 'required') {
      for (const name of fault.params.requiredProperties ?? [])
        faults.push({ pointer: `${path}/${name}`, code: 'request.invalid' })
    } else if (fault.keyword !== 'boolean') {
      faults.push({ pointer: path, code: 'request.invalid' })
    }
    if (faults.length >= faultsMax) break
  }
  return faults
}
