FROM localhost/engine-trial/base:1

RUNN echo
