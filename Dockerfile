# Any Debian from 12 on that has npm. Of it the image has some shared libraries, tini, bubblewrap and two programs of util-linux;
# the runtime is the one that the lock file pins and the tests ran on. Name it by its digest to get the same image again.
ARG BUILD_IMAGE=node:24-bookworm-slim

FROM ${BUILD_IMAGE} AS packages
# bubblewrap is for WORKER_SANDBOX=strict, util-linux for what the default layers are made of.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini bubblewrap util-linux libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit
COPY deploy/image deploy/image
RUN mv node_modules/node-linux-* /node && rm -r node_modules/.bin node_modules/.package-lock.json \
  && deploy/image/prune.sh node_modules

FROM packages AS node-root
RUN mv /node/bin/node /usr/local/bin/node && deploy/image/assemble.sh /usr/local/bin/node /image \
  && install -D --mode=0644 /node/LICENSE /image/usr/share/doc/node/copyright

FROM packages AS bun-root
# Of the lock file, as all packages; those who run Node have no use for it.
RUN mkdir /bun && cd /bun && cp /app/package-lock.json /app/.npmrc . && echo {} >package.json \
  && npm pkg set dependencies.bun="$(node -p "require('/app/package.json').devDependencies.bun")" \
  && npm install --ignore-scripts --no-audit \
  && mv node_modules/@oven/bun-linux-*/bin/bun /usr/local/bin/bun \
  && /app/deploy/image/assemble.sh /usr/local/bin/bun /image

# What both have. All of it is owned by root: a decoder that was taken over cannot rewrite the code that runs next.
FROM scratch AS service
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE THIRD_PARTY.md package.json ./
COPY deploy/image/healthcheck.ts ./
COPY shared shared
COPY workers workers
COPY server server
ENV PATH=/usr/local/bin:/usr/bin HOST=0.0.0.0 BASE_PATH=/data
VOLUME /data /tmp
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 CMD ["healthcheck"]
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Darkroom" \
  org.opencontainers.image.description="Takes photo uploads from strangers and turns each into every size a site needs." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.source="${SOURCE}" \
  org.opencontainers.image.created="${CREATED}"
# By number: Kubernetes cannot tell from a name that it is not root.
USER 10001:10001
# Whatever comes behind the name of the image is a command of `darkroom`.
ENTRYPOINT ["tini", "--", "darkroom"]
CMD ["serve"]

FROM service AS bun
COPY --from=bun-root /image /

FROM service AS node
COPY --from=node-root /image /
