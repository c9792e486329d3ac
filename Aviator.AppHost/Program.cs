using Aviator.AppHost;

// What comes before the model: bad settings are refused, publishing is handed to Publishing/, the cluster is brought up and its network entered.
if (await Preparation.RunAsync(args) is { } exitCode) return exitCode;

var builder = DistributedApplication.CreateBuilder(args);
var settings = AppHostSettings.From(builder.Configuration);

var redis = await builder.AddStateStoreAsync("redis", settings);
var agent = builder.AddAviatorAgent("agent", settings).WithState(redis);
var controller = builder.AddAviatorController("controller", settings).WithState(redis).WithAgent(agent);
var watchdog = builder.AddAviatorWatchdog("watchdog", settings).WaitFor(controller);

if (builder.ExecutionContext.IsRunMode)
{
    // The workload applies Aviator's custom resource definition too, which the three programs watch.
    var workload = builder.AddSampleWorkload("workload", settings);
    agent.WaitForCompletion(workload);
    builder.AddLoad("load", settings).WaitForCompletion(workload).WaitFor(controller);

    builder.AddSettings(settings);
    builder.ShowProgressOnConsole();
    builder.NeedNoCertificateForHttp();
    builder.HandBackAtTheEnd(settings);
}

// Empty here; the project in Publishing/ compiles these sources with what becomes of the resources in Kubernetes.
KubernetesManifests.Describe(builder);

builder.Build().Run();
return 0;
