using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Collection;
using Aviator.Controller.Policies;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>A policy and the Service that it has, as both are seen at one moment: what one evaluation works on.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Terms">Its spec, read.</param>
/// <param name="Accepted">Why it was accepted.</param>
/// <param name="Service">The Service.</param>
/// <param name="Members">Its ready endpoints.</param>
/// <param name="Now">Monotonic time, read once for the whole evaluation.</param>
internal sealed record PolicyCase(
    AviatorPolicy Policy,
    PolicyTerms Terms,
    ConditionValue Accepted,
    ServiceShape Service,
    IReadOnlyList<MeasuredEndpoint> Members,
    TimeSpan Now)
{
    /// <summary>The Service's namespace and name.</summary>
    public ObjectKey ServiceKey => new(Service.Namespace, Service.Name);

    /// <summary>Generation of the spec.</summary>
    public long Generation => Policy.Metadata.Generation ?? 0;

    /// <summary>What its state is stored under.</summary>
    public PolicyIdentity Identity => new(Policy.Metadata.NamespaceProperty, Policy.Metadata.Name, Policy.Metadata.Uid);
}
