using Aviator.Controller;
using Aviator.Controller.Autoscaling;
using Aviator.Controller.Boards;
using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Roles;
using Aviator.Controller.State;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Aviator.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

// The other roles of this binary: watchdog and release.
if (await Role.RunAsync(args) is { } code) return code;

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
builder.Logging.AddConsoleLines();
builder.AddServiceDefaults("aviator-controller");

builder.Services.AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>();
builder.Services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section).ValidateOnStart();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(services =>
{
    var options = services.GetRequiredService<IOptions<ControllerOptions>>().Value;
    return ClusterAccess.Connect(options.Kubeconfig, options.Context);
});
builder.Services.AddSingleton(services =>
{
    var leadership = services.GetRequiredService<ILeadership>();
    return new ApiConnection(services.GetRequiredService<k8s.Kubernetes>(), TimeProvider.System) { MayWrite = () => leadership.MayWrite };
});
builder.Services.AddSingleton<ControllerMetrics>();
AgentClient.Add(builder.Services);
builder.Services.AddLeadership(builder.Configuration);
builder.Services.AddBoard(builder.Configuration);
builder.Services.AddAutoscaling(builder.Configuration);
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

    // Faults of the options and of the kubeconfig are reported here, in sentences, before anything runs.
    _ = app.Services.GetRequiredService<IOptions<ControllerOptions>>().Value;
    _ = app.Services.GetRequiredService<k8s.Kubernetes>();
    return await app.RunToExitCodeAsync();
}
catch (Exception fault) when (StartFaults.Explain(fault) is { Count: > 0 } sentences)
{
    foreach (var sentence in sentences) Console.Error.WriteLine($"error: {sentence}");
    return 2;
}
