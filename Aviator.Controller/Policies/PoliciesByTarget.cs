using System.Runtime.CompilerServices;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Policies;

/// <summary>
/// Finds the policies that name a Service without looking at every policy of the namespace, which each look at each Service would else do.
/// An index belongs to one snapshot of a namespace, is made when that is first asked for, and goes with it. Safe for several threads.
/// </summary>
internal sealed class PoliciesByTarget
{
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, AviatorPolicy>, ILookup<string, AviatorPolicy>> _indexes = [];

    /// <summary>The policies that name the Service.</summary>
    /// <param name="policies">A snapshot of all policies of a namespace: the same object for as long as they are the same.</param>
    /// <param name="service">Name of the Service.</param>
    public IEnumerable<AviatorPolicy> Naming(IReadOnlyDictionary<string, AviatorPolicy> policies, string service) =>
        _indexes.GetValue(policies, static snapshot =>
            snapshot.Values.ToLookup(policy => policy.Spec.TargetRef.Name, StringComparer.Ordinal))[service];
}
