import type { Artifact, ArtifactResolver } from '@nomicfoundation/ignition-core';

/** What another compiler or a changed source makes must not reach a chain: only the code that is committed in contracts/generated does. */
export function committedOnly(artifacts: ArtifactResolver, committed: Readonly<Record<string, string>>): ArtifactResolver {
  return {
    getBuildInfo: (name) => artifacts.getBuildInfo(name),
    async loadArtifact(name): Promise<Artifact> {
      const artifact = await artifacts.loadArtifact(name);
      if (artifact.bytecode !== committed[name])
        throw new Error(
          `${name} was compiled to other code than contracts/generated holds: run \`npm run contracts:build\` and look at the difference.`,
        );
      return artifact;
    },
  };
}
