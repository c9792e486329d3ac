using Aviator.Controller.State;
using Aviator.Tests.Fixtures;

namespace Aviator.Tests.Unit.State;

/// <summary>The contract, in memory.</summary>
public sealed class MemoryPolicyStateStoreTests : PolicyStateStoreContract
{
    private protected override IPolicyStateStore Store { get; } = new MemoryPolicyStateStore();
}
