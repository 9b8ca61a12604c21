import t from 'tap'
import { createUserService } from '../../../backends/user/service.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../../gen/grpc/health/v1/health_pb.ts'
import { startBackend } from '../helper.ts'

t.test('the service is serving while its database answers, and only then', async t => {
  const { client, backend } = await startBackend(t, createUserService)
  const service = 'shop.user.v1.UserService'
  t.equal((await client(Health).check({ service })).status, ServingStatus.SERVING)
  await backend.close()
  t.equal((await client(Health).check({ service })).status, ServingStatus.NOT_SERVING)
})
