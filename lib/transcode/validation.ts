import {
  create,
  createRegistry,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type Message,
  type Registry
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { CompilationError, createValidator, type Validator, type Violation } from '@bufbuild/protovalidate'
import { StartError } from '../../errors.ts'
import { sampleMessage } from './sample-message.ts'
import { validatedTypes } from './validated-types.ts'

/**
 * Checks a message against the `buf.validate` rules in its proto, and that the required fields of proto2 are set.
 *
 * @param size how large the message is, in bytes of its wire format.
 * @returns all that is wrong; of a large message, one thing.
 * @throws RuntimeError of protovalidate when a rule cannot be evaluated, which is a fault of the proto.
 */
export type Validate = (message: Message, size: number) => readonly Violation[]

/**
 * Up to this size everything is told that is wrong with a message. The time that it takes to find that grows with what there
 * is to find, which is no typing error any more: a list of thousands of wrong elements, where a hundred may be.
 */
const MAX_SIZE_FOR_ALL = 16 * 1024

/**
 * Compiles the rules of a message and of all that it can hold. Undefined when there are none.
 *
 * @throws StartError SLUICE_ERR_VALIDATION_INVALID when a rule cannot be compiled.
 */
export function compileValidation(desc: DescMessage): Validate | undefined {
  const types = validatedTypes(desc)
  if (types.length === 0) return undefined
  const { forAll, forFirst } = validatorsOf(desc.file)
  for (const type of types) checkRules(forAll, type)
  forFirst.validate(desc, create(desc))
  return (message, size) => {
    const result = (size > MAX_SIZE_FOR_ALL ? forFirst : forAll).validate(desc, message)
    if (result.kind === 'error') throw result.error
    return result.violations ?? []
  }
}

const checked = new WeakMap<Validator, Set<DescMessage>>()

/**
 * Makes the validator compile the rules of a message now. An expression is compiled with the others and its faults are told
 * when it is evaluated, which takes a message that has the field.
 */
function checkRules(validator: Validator, desc: DescMessage): void {
  const known = checked.get(validator) ?? new Set()
  checked.set(validator, known)
  if (known.has(desc)) return
  known.add(desc)
  for (const sample of [create(desc), ...desc.fields.map(field => sampleMessage(desc, field))]) {
    const { error } = validator.validate(desc, sample)
    if (error instanceof CompilationError) {
      throw new StartError('SLUICE_ERR_VALIDATION_INVALID', [desc.typeName, error.message], { cause: error })
    }
  }
}

interface Validators {
  /** Finds everything that is wrong. */
  forAll: Validator
  /** Stops at the first thing. */
  forFirst: Validator
}

const validators = new WeakMap<DescFile, Validators>()
let commonValidators: Validators | undefined

/** The validators for the messages of a file: the same for all files that define no rules of their own. */
function validatorsOf(file: DescFile): Validators {
  const known = validators.get(file)
  if (known !== undefined) return known
  const rules = predefinedRules(file)
  if (rules.length === 0) {
    commonValidators ??= createValidators()
    return commonValidators
  }
  const own = createValidators(createRegistry(...rules))
  validators.set(file, own)
  return own
}

function createValidators(registry?: Registry): Validators {
  const options = { legacyRequired: true, ...(registry !== undefined && { registry }) }
  return { forAll: createValidator(options), forFirst: createValidator({ ...options, failFast: true }) }
}

/** Predefined rules are extensions of the messages of buf.validate; they are known where their file is imported. */
function predefinedRules(file: DescFile): DescExtension[] {
  const files = new Set([file])
  for (const each of files) for (const dependency of each.dependencies) files.add(dependency)
  const types = [...files].flatMap(each => [...nestedTypes(each)])
  const extensions = types.filter(type => type.kind === 'extension')
  return extensions.filter(({ extendee }) => extendee.typeName.startsWith('buf.validate.'))
}
