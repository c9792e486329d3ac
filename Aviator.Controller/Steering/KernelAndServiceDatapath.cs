using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Carries decisions out by own slices under the Service and by the nodes' kernels at once: kube-proxy chooses among the selected pods for
/// what enters from outside and on nodes without an agent, the kernels choose among them by weight for the connects that they see. The
/// protocol, its waits and what is remembered across restarts are the slices'. The kernels follow the decision from the first step on, also
/// while the slices hold plain membership: they change nothing that the protocol waits for.
/// </summary>
/// <param name="slices">Under the Service itself.</param>
/// <param name="kernel">By the nodes' kernels.</param>
internal sealed class KernelAndServiceDatapath(IDatapath slices, IDatapath kernel) : IDatapath
{
    public async Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken)
    {
        var ordered = await kernel.ApplyAsync(service, Published(service), cancellationToken);
        return Both(await slices.SteerAsync(service, cancellationToken), ordered);
    }

    /// <summary>The kernels first: they take no write, so a server that refuses the slices does not keep the orders back.</summary>
    public async Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken)
    {
        var ordered = await kernel.ApplyAsync(service, decision, cancellationToken);
        return Both(await slices.ApplyAsync(service, WholeShares.Of(decision), cancellationToken), ordered);
    }

    public async Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken)
    {
        await kernel.ReleaseAsync(service, cancellationToken);
        return await slices.ReleaseAsync(service, cancellationToken);
    }

    public void BeginTerm()
    {
        slices.BeginTerm();
        kernel.BeginTerm();
    }

    /// <summary>What the slices say: they outlive this process, the orders do not.</summary>
    public Decision Published(ObjectKey service) => slices.Published(service);

    private static DatapathState Both(DatapathState published, DatapathState ordered) => published with
    {
        Kernel = ordered.Kernel is { } standing ? standing with { SlicesCarry = published.Phase == SteeringPhase.Steered } : null,
    };
}
