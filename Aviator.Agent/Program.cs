using Aviator.Agent;
using Aviator.Agent.Bpf;
using Aviator.Agent.Sources;
using Aviator.Agent.Steering;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

if (args is ["selftest", ..]) return SelfTestCommand.Run(args);

try
{
    await using var agent = AgentHost.Build(args, KernelSource.Open, openTable: ConnectTable.Open);
    return await agent.RunToExitCodeAsync();
}
catch (OptionsValidationException error)
{
    foreach (var fault in error.Failures) await Console.Error.WriteLineAsync($"aviator-agent: {fault}");
    return 2;
}
catch (Exception error) when (error is SourceUnavailableException or NoClusterException or IOException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync($"aviator-agent: {error.Message}");
    return 1;
}
