# A gRPC server for pods of the tests: Aviator.Tests/GrpcApp, published by grpcapp.sh.
ARG RUNTIME_BASE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM ${RUNTIME_BASE}
COPY app/ /app/
ENV ASPNETCORE_HTTP_PORTS= DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["dotnet", "/app/Aviator.Tests.GrpcApp.dll"]
