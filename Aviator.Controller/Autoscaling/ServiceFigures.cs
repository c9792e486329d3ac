using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Autoscaling;

/// <summary>The figures of one Service, by the last evaluation of its policy.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Policy">The policy's name, in the same namespace.</param>
/// <param name="P99">99th percentile over the endpoints in use; null without samples.</param>
/// <param name="Load">What is asked of the Service; null while a part of it is not counted.</param>
/// <param name="At">When it was evaluated, by the machine's clock.</param>
/// <param name="Age">How long ago that was.</param>
internal sealed record ServiceFigures(
    ObjectKey Service, string Policy, TimeSpan? P99, LoadSummary? Load, DateTimeOffset At, TimeSpan Age);
