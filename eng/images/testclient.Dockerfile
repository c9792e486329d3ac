FROM scratch
COPY testclient /testclient
ENTRYPOINT ["/testclient"]
