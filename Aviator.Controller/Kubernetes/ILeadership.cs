namespace Aviator.Controller.Kubernetes;

/// <summary>Whether this process may write to the cluster; asked before each write.</summary>
internal interface ILeadership
{
    /// <summary>True while this process leads, by a clock that a suspended process cannot fool.</summary>
    bool MayWrite { get; }
}

/// <summary>The only replica always leads.</summary>
internal sealed class SoleLeadership : ILeadership
{
    public bool MayWrite => true;
}
