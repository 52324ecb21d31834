ARG REPEATED=true
FROM localhost/engine-trial/onb:1 AS first
RUN ${REPEATED}
FROM localhost/engine-trial/base:1 AS unused
RUN echo unused
FROM first
WORKDIR /w
ENV X=1
ENV SOURCE=file
COPY ${SOURCE} /w/
# A comment between.
RUN test -e /w/file && \
    # and one within

    echo "[9/9] STEP 1/9: RUN no step" && \
    false
RUN test -e /w/file && false
