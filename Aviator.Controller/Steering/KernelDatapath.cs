using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Has the nodes' kernels carry decisions out. Nothing is written to the cluster, so a Service is taken over and handed back in one step:
/// what is remembered here goes to the nodes with the next orders, and a Service that is forgotten is in none of them. Whether a node does
/// as it is told is in <see cref="DatapathState.Kernel"/>.
/// </summary>
/// <param name="routes">Takes the decisions.</param>
/// <param name="answers">How the nodes stand.</param>
/// <param name="terms">What the policy asks of them.</param>
internal sealed class KernelDatapath(KernelRoutes routes, SteeringAnswers answers, KernelTerms terms) : IDatapath
{
    public Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken) =>
        ApplyAsync(service, Published(service), cancellationToken);

    public Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken)
    {
        routes.Set(service, new(decision, terms));
        var standing = answers.Of(service, terms);
        return Task.FromResult(new DatapathState(SteeringPhase.Steered, "ordered", 0, null) { Kernel = standing });
    }

    public Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken)
    {
        routes.Forget(service);
        return Task.FromResult(new DatapathState(SteeringPhase.Released, "no longer ordered", 0, null));
    }

    /// <summary>Another may have led since, and decided otherwise.</summary>
    public void BeginTerm() => routes.Clear();

    public Decision Published(ObjectKey service) => routes.Find(service)?.Decision ?? SliceRows.PlainMembership;
}
