// How sources become programs: what every bundle of this project shares. In: entry points, a folder.

import { type BuildOptions, build, type Plugin } from 'esbuild'

/**
 * Importing a module of Node.js reads all its exports, and one of those of node:http loads a whole
 * HTTP client: 40 ms a process. Taken as an object, what is not used is not read.
 */
const builtinModules: Plugin = {
  name: 'builtin modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }))
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

export interface Bundle {
  /** By name: sources, from the root of the project. */
  readonly entryPoints: Readonly<Record<string, string>>
  readonly root: string
  readonly outdir: string
  readonly version: string
}

export async function bundle({ entryPoints, root, outdir, version }: Bundle): Promise<void> {
  const options: BuildOptions = {
    absWorkingDir: root,
    entryPoints: { ...entryPoints },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    // Names survive in stack traces; white space only costs time to read.
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: false,
    legalComments: 'none',
    // Native code, found at run time beside its JavaScript.
    external: ['@lydell/node-pty'],
    plugins: [builtinModules],
    define: { SAMPAN_VERSION: JSON.stringify(version) },
    banner: {
      js: "import{createRequire as sampanRequire}from'node:module';const require=sampanRequire(import.meta.url);",
    },
    logLevel: 'warning',
  }
  await build(options)
}
