using Aviator.Controller;
using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.State;
using Aviator.Controller.Telemetry;
using Aviator.Health;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Configuration.AddCommandLine(args, new Dictionary<string, string>
{
    ["--kubeconfig"] = "Aviator:Kubeconfig",
    ["--context"] = "Aviator:Context",
    ["--namespace"] = "Aviator:Namespace",
    ["--agents"] = "Aviator:Agents",
    ["--source"] = "Aviator:Source",
});
if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls("http://*:9465");
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical).AddFilter("System.Net.Http", LogLevel.Warning)
    .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ ", true));
builder.AddServiceDefaults("aviator-controller");

builder.Services.AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>();
builder.Services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section).ValidateOnStart();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(services => ClusterConnection.Create(services.GetRequiredService<IOptions<ControllerOptions>>().Value));
builder.Services.AddSingleton(services => new ApiConnection(services.GetRequiredService<k8s.Kubernetes>(), TimeProvider.System));
builder.Services.AddSingleton<ControllerMetrics>();
AgentClient.Add(builder.Services);
builder.Services.AddSingleton<ILeadership, SoleLeadership>();
builder.Services.AddSingleton<EventRecorder>();
builder.Services.AddHostedService(services => services.GetRequiredService<EventRecorder>());
builder.Services.AddSingleton<ControllerRuntime>();
builder.Services.AddHostedService(services => services.GetRequiredService<ControllerRuntime>());
builder.Services.AddHealthChecks()
    .AddCheck<RunningCheck>("running", tags: [HealthTags.Live])
    .AddCheck<CachesCheck>("caches", tags: [HealthTags.Ready]);

try
{
    builder.AddState();
    var app = builder.Build();
    app.MapDefaultEndpoints();

    // Faults of the options and of the kubeconfig are told here, in sentences, before anything runs.
    _ = app.Services.GetRequiredService<IOptions<ControllerOptions>>().Value;
    _ = app.Services.GetRequiredService<k8s.Kubernetes>();
    app.Run();
    return 0;
}
catch (Exception fault) when (StartFaults.Explain(fault) is { Count: > 0 } sentences)
{
    foreach (var sentence in sentences) Console.Error.WriteLine($"error: {sentence}");
    return 2;
}
