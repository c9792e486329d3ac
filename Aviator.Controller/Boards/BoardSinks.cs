using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Orders;
using Aviator.Controller.Status;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Boards;

/// <summary>Several sinks as one.</summary>
internal sealed class BoardSinks : IBoardSink
{
    private readonly IReadOnlyList<IBoardSink> _sinks;

    private BoardSinks(IReadOnlyList<IBoardSink> sinks) => _sinks = sinks;

    /// <summary>Those that there are, as one; null when there is none.</summary>
    public static IBoardSink? Of(params IEnumerable<IBoardSink?> sinks) => sinks.OfType<IBoardSink>().ToList() switch
    {
        [] => null,
        [var only] => only,
        var several => new BoardSinks(several),
    };

    /// <inheritdoc/>
    public void Show(
        AviatorPolicy policy, PolicyConditions conditions, PolicySummary? summary, LatencySource? source, KernelStanding? kernel)
    {
        foreach (var sink in _sinks) sink.Show(policy, conditions, summary, source, kernel);
    }

    /// <inheritdoc/>
    public void Changed(AviatorPolicy policy, DecisionChange change)
    {
        foreach (var sink in _sinks) sink.Changed(policy, change);
    }

    /// <inheritdoc/>
    public void Forget(string uid)
    {
        foreach (var sink in _sinks) sink.Forget(uid);
    }

    /// <inheritdoc/>
    public void Clear()
    {
        foreach (var sink in _sinks) sink.Clear();
    }
}
