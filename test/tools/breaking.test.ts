import t from 'tap'
import { ACME, checkout } from './checkout.ts'

t.test('a change that clients do not notice passes', async t => {
  const { write, git, run } = await checkout(t)
  git('init', '--quiet', '--initial-branch=main')
  git('add', 'proto')
  git('commit', '--quiet', '--message=Protos')
  await write('proto/acme/v1/acme.proto', ACME.replace('message Thing {', 'message Thing {\n  int32 size = 2;'))
  t.same(await run('breaking.ts'), { code: 0, stdout: '', stderr: '' })
})

t.test('a change that breaks clients of main is refused with its file and line', async t => {
  const { write, git, run } = await checkout(t)
  git('init', '--quiet', '--initial-branch=main')
  git('add', 'proto')
  git('commit', '--quiet', '--message=Protos')
  await write('proto/acme/v1/acme.proto', ACME.replace('message Thing {\n  string id', 'message Thing {\n  int32 id'))
  const { code, stdout } = await run('breaking.ts')
  t.not(code, 0)
  t.match(stdout, /proto\/acme\/v1\/acme\.proto:19:3:Field "1" with name "id" on message "Thing" changed type/)
})

t.test('in a clone of another branch it compares with the main branch of the remote', async t => {
  const { write, git, run } = await checkout(t)
  git('init', '--quiet', '--initial-branch=topic')
  git('add', 'proto')
  git('commit', '--quiet', '--message=Protos')
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  await write('proto/acme/v1/acme.proto', ACME.replace('string id = 1;\n}\n', '}\n'))
  t.not((await run('breaking.ts')).code, 0)
})

t.test('without protos on the main branch there is nothing to compare with', async t => {
  const { git, run } = await checkout(t)
  git('init', '--quiet', '--initial-branch=main')
  git('commit', '--quiet', '--allow-empty', '--message=First')
  t.same(await run('breaking.ts'), {
    code: 0,
    stdout: 'nothing to compare with: no protos on main or origin/main\n',
    stderr: ''
  })
})

t.test('outside of a git repository there is nothing to compare with', async t => {
  const { run } = await checkout(t)
  t.match(await run('breaking.ts'), { code: 0, stdout: /^nothing to compare with/ })
})
