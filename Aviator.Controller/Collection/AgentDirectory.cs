using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Collection;

/// <summary>Finds the agents, by their pods' labels or from a fixed list, and keeps the puller in step.</summary>
internal sealed class AgentDirectory
{
    private readonly ObjectStore<AgentEndpoint> _agents = new();
    private readonly Reflector<V1Pod, AgentEndpoint>? _reflector;
    private readonly IReadOnlyList<AgentEndpoint> _fixed;
    private readonly AgentPuller _puller;

    /// <param name="connection">The API server.</param>
    /// <param name="options">The fixed list or the labels.</param>
    /// <param name="reflectorOptions">Limits and pauses.</param>
    /// <param name="puller">Asks the agents.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes the reflector's lines.</param>
    public AgentDirectory(
        ApiConnection connection, ControllerOptions options, ReflectorOptions reflectorOptions, AgentPuller puller, TimeProvider time,
        ILogger<AgentDirectory> logger)
    {
        _puller = puller;
        _fixed = [.. options.AgentAddresses.Select(address => new AgentEndpoint(address, new Uri(address)))];
        if (_fixed.Count > 0) return;

        // Agents live where Aviator is installed, whatever namespace the policies are in.
        var scope = new ResourceScope(options.AgentNamespace is { Length: > 0 } home ? home : null, options.AgentSelector);
        var pods = new ResourceClient<V1Pod>(connection, ResourceKind.Pods, scope);
        _reflector = new(pods, _agents, item => AgentEndpoint.FromPod(item, options.AgentPort), reflectorOptions, time, logger);
    }

    /// <summary>Runs until cancelled, then waits for the requests under way to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_reflector is null)
        {
            _puller.Update(_fixed, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            using (_agents.Subscribe(_ => _puller.Update([.. _agents.All().Select(entry => entry.Value)], cancellationToken)))
                await _reflector.RunAsync(cancellationToken);
        }

        await _puller.WhenStoppedAsync();
    }
}
