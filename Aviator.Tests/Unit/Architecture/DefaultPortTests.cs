using Aviator.Agent;
using Xunit;

namespace Aviator.Tests.Unit.Architecture;

public sealed class DefaultPortTests
{
    /// <summary>Ports that common node agents take on the host network: node_exporter, kubelet, kube-proxy, Cilium, Calico.</summary>
    private static readonly int[] Taken = [9100, 10248, 10249, 10250, 10255, 10256, 4240, 4244, 9234, 9878, 9879, 9890, 9891, 9962, 9963,
        9964, 9091, 9098, 9099];

    [Fact]
    [Trait("Catalogue", "22")]
    public void Agent_DefaultPort_IsNotOneThatNodeAgentsTake() => Assert.DoesNotContain(new AgentOptions().Port, Taken);
}
