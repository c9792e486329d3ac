using Aviator.Agent.Bpf;

if (args is ["selftest", ..]) return SelfTestCommand.Run(args);

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.MapGet("/healthz", () => "ok");
app.Run();
return 0;
