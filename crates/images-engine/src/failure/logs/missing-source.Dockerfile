FROM localhost/engine-trial/base:1

COPY missing /x
