# A comment
ARG BASE=localhost/engine-trial/base:1

FROM ${BASE} AS build
COPY file /x
RUN echo one && \
    echo two

FROM ${BASE}
COPY --from=build /x /y
# another
RUN echo before; \
    echo oops >&2; \
    exit 3
CMD ["sh"]
