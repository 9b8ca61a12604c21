import { holdToValidator, type Row, rulesOf } from './agreement.ts'

const bytes = (rules: object): Pick<Row, 'type' | 'rules'> => ({ type: 'BYTES', rules: rulesOf('bytes', rules) })

holdToValidator({
  'bytes.len': {
    ...bytes({ len: 3n }),
    says: { minLength: 4, maxLength: 4 },
    takes: ['AAAA'],
    refuses: ['AA==AAAA', 'AAA']
  },
  'bytes.max_len': { ...bytes({ maxLen: 1n }), says: { maxLength: 4 }, takes: ['AA==', ''], refuses: ['AAAAAA=='] },
  'bytes.prefix': {
    ...bytes({ prefix: new Uint8Array([0]) }),
    says: 'The bytes must begin with `AA==`.',
    takes: ['AAA='],
    refuses: []
  },
  'bytes.uuid': {
    ...bytes({ wellKnown: { case: 'uuid', value: true } }),
    says: 'The 16 bytes of a UUID.',
    takes: [`${'A'.repeat(22)}==`],
    refuses: []
  }
})
