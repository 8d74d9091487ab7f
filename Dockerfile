# npm is all that is taken from here; nothing of this image ships.
ARG BUILD_IMAGE=node:24-bookworm-slim
# Any Debian. It needs no Node: the one that runs is the one the lock file pins and the tests ran on.
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Node's C headers are 67 MB, and no addon is built here.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-*/include

FROM ${BASE_IMAGE}
# tini as PID 1 reaps what a killed worker leaves behind and passes on our exit code, which says why we ended. bubblewrap is
# for WORKER_SANDBOX=strict.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini bubblewrap \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 darkroom \
  && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin darkroom \
  && install -d -m 0700 -o darkroom -g darkroom /data
WORKDIR /app
# Owned by root: a decoder that was taken over cannot rewrite the code that runs next.
COPY --from=dependencies /app/node_modules node_modules
COPY LICENSE THIRD_PARTY.md package.json ./
COPY shared shared
COPY workers workers
COPY server server
ENV PATH=/app/node_modules/.bin:$PATH HOST=0.0.0.0 BASE_PATH=/data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Darkroom" \
  org.opencontainers.image.description="Takes photo uploads from strangers and turns each into every size a site needs." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.revision="${REVISION}"
# By number: Kubernetes cannot tell from a name that it is not root.
USER 10001:10001
ENTRYPOINT ["tini", "--", "node", "--max-semi-space-size=2", "server/main.ts"]
