using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>Attaches the connect hooks, or takes up the ones that an agent before this one left pinned with their table.</summary>
/// <param name="options">Where they are pinned.</param>
/// <param name="logger">Takes what the kernel says.</param>
/// <exception cref="BpfUnavailableException">The kernel refuses; the message names the reason and the remedy.</exception>
internal delegate IConnectTable OpenConnectTable(SteeringOptions options, ILogger logger);
