FROM scratch
COPY testapp /testapp
EXPOSE 8080 8081
ENTRYPOINT ["/testapp"]
