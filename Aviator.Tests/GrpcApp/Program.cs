using Aviator.Tests.GrpcApp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// POD_NAME is what the server answers, DELAY_MS how long it takes to.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddGrpc();
builder.Services.AddSingleton(AnswerOptions.FromEnvironment());
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(AnswerOptions.Port, listen => listen.Protocols = HttpProtocols.Http2));
await using var app = builder.Build();
app.MapGrpcService<AnswerService>();
await app.RunAsync();
