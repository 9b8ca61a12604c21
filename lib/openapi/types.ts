// The parts of an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) that describe a gateway. What is
// undefined is left out of the JSON.

/** A schema: JSON Schema 2020-12. */
export interface Schema {
  $ref?: string | undefined
  type?: SchemaType | readonly SchemaType[] | undefined
  description?: string | undefined
  deprecated?: boolean | undefined
  format?: string | undefined
  const?: unknown
  enum?: readonly unknown[] | undefined
  minimum?: number | undefined
  exclusiveMinimum?: number | undefined
  maximum?: number | undefined
  exclusiveMaximum?: number | undefined
  minLength?: number | undefined
  maxLength?: number | undefined
  pattern?: string | undefined
  contentEncoding?: string | undefined
  items?: Schema | undefined
  minItems?: number | undefined
  maxItems?: number | undefined
  uniqueItems?: boolean | undefined
  properties?: Readonly<Record<string, Schema>> | undefined
  required?: readonly string[] | undefined
  additionalProperties?: Schema | boolean | undefined
  propertyNames?: Schema | undefined
  minProperties?: number | undefined
  maxProperties?: number | undefined
  allOf?: readonly Schema[] | undefined
  anyOf?: readonly Schema[] | undefined
  oneOf?: readonly Schema[] | undefined
  not?: Schema | undefined
}

export type SchemaType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'

export interface Reference {
  $ref: string
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  description?: string | undefined
  required?: boolean | undefined
  deprecated?: boolean | undefined
  schema: Schema
}

export interface Header {
  description?: string | undefined
  schema: Schema
}

export type Content = Readonly<Record<string, { schema?: Schema }>>

export interface RequestBody {
  description?: string | undefined
  required?: boolean | undefined
  content: Content
}

export interface Response {
  description: string
  headers?: Readonly<Record<string, Header | Reference>> | undefined
  content?: Content | undefined
}

export type Responses = Readonly<Record<string, Response | Reference>>

/** The schemes that a request must satisfy, each with the roles that it must grant. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

export interface Operation {
  operationId: string
  tags: readonly string[]
  summary?: string | undefined
  description?: string | undefined
  deprecated?: boolean | undefined
  parameters?: readonly Parameter[] | undefined
  requestBody?: RequestBody | undefined
  responses: Responses
  /** One of them suffices; none: nobody has to sign in. */
  security: readonly SecurityRequirement[]
  [extension: `x-${string}`]: unknown
}

/** The operations of a path, by method in lower case. */
export type PathItem = Record<string, Operation | Record<string, Operation>>

export interface Info {
  title: string
  version: string
  description?: string | undefined
}

export interface OpenApiDocument {
  openapi: '3.1.1'
  info: Info
  tags: readonly { name: string; description?: string | undefined }[]
  paths: Readonly<Record<string, PathItem>>
  components: {
    schemas: Readonly<Record<string, Schema>>
    responses: Readonly<Record<string, Response>>
    headers: Readonly<Record<string, Header>>
    securitySchemes: Readonly<Record<string, unknown>>
  }
}
