# The service with its dependencies, built once and run as an ordinary user. The embedded engines stay out: in containers the database
# and the chain have their own (docker-compose.yml).
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node bin/tallyroot build \
 && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 TALLYROOT_DATA=/data
WORKDIR /tallyroot
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# SQL is read from the source tree.
COPY --from=build /build/services ./services
COPY --from=build /build/projections ./projections
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
# Node runs as process 1 and takes the signals itself: a stop drains before it ends.
CMD ["node", "--enable-source-maps", "dist/services/main/cli.js", "start"]
