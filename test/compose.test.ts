import { spawnSync } from 'node:child_process'
import t from 'tap'
import { readSettings, type ServiceName, servicePorts } from '../backends/shared/settings.ts'
import { describeConfig, loadConfig } from '../config.ts'
import {
  type ComposeService,
  documentedVariables,
  environmentOf,
  exists,
  readCompose,
  readText,
  root,
  secrets,
  substitutionsIn
} from './stack.ts'

const compose = readCompose()
const services = Object.entries(compose.services)
const shopServices = Object.keys(servicePorts) as ServiceName[]
const substitutions = substitutionsIn(readText('compose.yaml'))
const documented = documentedVariables()

/** What the OpenTelemetry SDK reads by itself. */
const sdkVariables = /^OTEL_(EXPORTER_OTLP_ENDPOINT|METRIC_EXPORT_INTERVAL|TRACES_SAMPLER|TRACES_SAMPLER_ARG)$/

/** What the images of others read: https://hub.docker.com/_/postgres; grafana.ini's sections and keys behind GF_. */
const imageVariables: Record<string, string[]> = {
  postgres: ['POSTGRES_PASSWORD'],
  grafana: [
    'GF_SECURITY_ADMIN_PASSWORD',
    'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
    'GF_ANALYTICS_REPORTING_ENABLED',
    'GF_ANALYTICS_CHECK_FOR_UPDATES',
    'GF_PLUGINS_PREINSTALL_DISABLED'
  ]
}

function named(service: string): ComposeService {
  const found = compose.services[service]
  if (found === undefined) throw new Error(`compose.yaml has no service ${service}`)
  return found
}

function isOurs(service: string): boolean {
  return service === 'gateway' || service in servicePorts
}

/** What the process in the container makes of its environment. */
function settingsOf(service: string, env: NodeJS.ProcessEnv) {
  return service === 'gateway' ? loadConfig(env) : readSettings(service as ServiceName, env)
}

/** The names that a process of ours looks up in its environment. */
function namesReadBy(service: string, env: Record<string, string>): Set<string> {
  const names = new Set<string>()
  settingsOf(
    service,
    new Proxy(env, {
      get(target, name) {
        names.add(String(name))
        return target[String(name)]
      }
    })
  )
  return names
}

t.test('the stack has a gateway, five services, their stores and the observability stack', async t => {
  const expected = [
    'gateway',
    ...shopServices,
    'postgres',
    'redis',
    'otel-collector',
    'jaeger',
    'prometheus',
    'grafana'
  ]
  t.same(Object.keys(compose.services).sort(), expected.sort())
})

t.test('every image is pinned to an exact version', async t => {
  for (const [name, { image, build }] of services) {
    if (build === undefined && image !== named('gateway').image) t.match(image, /:v?\d+\.\d+(\.\d+)?(-\w+)?$/, name)
  }
})

t.test('one service builds the image that gateway and services share', async t => {
  for (const name of shopServices) {
    t.equal(named(name).image, named('gateway').image)
    t.notOk(named(name).build, `${name} does not build it again`)
  }
})

t.test('what is built is a stage of the Dockerfile', async t => {
  const stages = [...readText('Dockerfile').matchAll(/^FROM .+ AS (\S+)$/gm)].map(([, stage]) => stage)
  for (const [name, { build }] of services) {
    if (build) t.ok(exists(build.context) && stages.includes(build.target), `${name}: ${build.target}`)
  }
})

t.test('every mounted file and every named volume exists', async t => {
  for (const [name, { volumes = [] }] of services) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':')
      t.ok(source.startsWith('./') ? exists(source) : source in compose.volumes, `${name}: ${volume}`)
    }
  }
})

t.test('every command names files that exist', async t => {
  for (const [name, { command = [], healthcheck }] of services) {
    const files = [...command, ...(healthcheck?.test ?? [])].filter(word => /^[\w/]+\.ts$/.test(word))
    if (isOurs(name)) t.ok(files.length > 0, `${name} runs a file`)
    for (const file of files) t.ok(exists(file), `${name}: ${file}`)
  }
})

t.test('every service has a health check', async t => {
  for (const [name, { healthcheck }] of services) t.match(healthcheck?.test[0], /^CMD/, name)
})

t.test('services depend on services that exist, and share one network', async t => {
  const [network, ...others] = Object.keys(compose.networks)
  t.equal(others.length, 0)
  for (const [name, service] of services) {
    t.same(service.networks, [network], name)
    const needed = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {})
    for (const other of needed) t.ok(other in compose.services, `${name} depends on ${other}`)
  }
})

t.test('gateway and services start with their environment, on their own ports', async t => {
  const gateway = loadConfig(environmentOf(named('gateway'), secrets))
  t.equal(named('gateway').ports?.[0], `\${GATEWAY_PORT:-8080}:${gateway.PORT}`)
  t.equal(gateway.HOST, '0.0.0.0')
  for (const name of shopServices) {
    const settings = readSettings(name, environmentOf(named(name), secrets))
    t.equal(settings.port, servicePorts[name])
    t.equal(settings.host, '0.0.0.0')
    t.same(named(name).command, ['node', 'backends/main.ts', name])
  }
})

t.test('whoever calls a service finds it on its port', async t => {
  for (const caller of ['gateway', 'order']) {
    for (const [variable, value] of Object.entries(named(caller).environment ?? {})) {
      const callee = /^(\w+)_SERVICE_URL$/.exec(variable)?.[1]?.toLowerCase()
      if (callee) t.equal(value, `http://${callee}:${servicePorts[callee as ServiceName]}`, `${caller}: ${variable}`)
    }
  }
})

t.test('every database that a service opens is made, and owned by the role that it uses', async t => {
  const made = readText('deploy/postgres/create-databases.sh')
  for (const name of shopServices) {
    const url = new URL(environmentOf(named(name), secrets).DATABASE_URL ?? '')
    t.equal(url.hostname, 'postgres')
    t.equal(url.password, secrets.POSTGRES_PASSWORD)
    t.match(made, `CREATE DATABASE ${url.pathname.slice(1)} OWNER ${url.username};`)
  }
})

t.test('every variable that a container gets is read there', async t => {
  for (const [name, service] of services) {
    const read = isOurs(name) ? namesReadBy(name, environmentOf(service, secrets)) : new Set(imageVariables[name])
    for (const variable of Object.keys(service.environment ?? {})) {
      t.ok(read.has(variable) || (isOurs(name) && sdkVariables.test(variable)), `${name}: ${variable}`)
    }
  }
})

t.test('every setting of the gateway can be set from outside', async t => {
  const passedOn = Object.keys(named('gateway').environment ?? {})
  for (const { name } of describeConfig()) t.ok(passedOn.includes(name), name)
})

t.test('a stopping gateway may finish before the engine kills it', async t => {
  const { DRAIN_DELAY_MS, DRAIN_TIMEOUT_MS } = loadConfig(environmentOf(named('gateway'), secrets))
  const graceMs = Number.parseInt(named('gateway').stop_grace_period ?? '0', 10) * 1000
  t.ok(graceMs > DRAIN_DELAY_MS + DRAIN_TIMEOUT_MS)
})

t.test('secrets come from the environment and have no default', async t => {
  for (const { name, operator, argument } of substitutions) {
    if (/SECRET|PASSWORD/.test(name)) t.equal(operator, ':?', `${name} ${argument}`)
  }
  for (const [name, { environment = {} }] of services) {
    for (const [variable, value] of Object.entries(environment)) {
      if (/SECRET|PASSWORD/.test(variable) && value !== null) t.match(value, /^\$\{\w+:\?/, `${name}: ${variable}`)
    }
  }
  for (const [name, { value }] of documented) if (/SECRET|PASSWORD/.test(name)) t.equal(value, '', name)
})

t.test('.env.example documents every variable, and no other', async t => {
  const passedOn = services.flatMap(([, { environment = {} }]) =>
    Object.keys(environment).filter(name => environment[name] === null)
  )
  const used = new Set(['COMPOSE_PROJECT_NAME', ...substitutions.map(({ name }) => name), ...passedOn])
  t.same([...documented.keys()].sort(), [...used].sort())
})

t.test('.env.example shows the defaults that hold', async t => {
  for (const { name, operator, argument } of substitutions) {
    if (operator.endsWith('-')) t.equal(documented.get(name)?.value, argument, name)
  }
  const shown = [...documented].filter(([, { isDefault, value }]) => isDefault && value !== '')
  const defaults = Object.fromEntries(shown.map(([name, { value }]) => [name, value]))
  const given = { ...secrets, ...defaults }
  for (const name of ['gateway', ...shopServices]) {
    const withDefaults = settingsOf(name, environmentOf(named(name), given))
    t.same(withDefaults, settingsOf(name, environmentOf(named(name), secrets)), name)
  }
})

const composeCommand = [['docker', 'compose'], ['docker-compose']].find(
  ([program = '', ...words]) => spawnSync(program, [...words, 'version']).status === 0
)
const skip = composeCommand === undefined && 'neither docker compose nor docker-compose is installed'

function composeConfig(env: Record<string, string>) {
  const [program = '', ...words] = composeCommand ?? []
  return spawnSync(program, [...words, '--file', 'compose.yaml', 'config', '--quiet'], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8'
  })
}

t.test('Compose accepts the file', { skip }, async t => {
  const { status, stderr } = composeConfig(secrets)
  t.equal(status, 0, stderr)
})

t.test('Compose refuses to start without a secret, and says which', { skip }, async t => {
  for (const name of Object.keys(secrets)) {
    const { status, stderr } = composeConfig({ ...secrets, [name]: '' })
    t.not(status, 0)
    t.match(stderr, name)
  }
})
