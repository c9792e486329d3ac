using Aviator.Core.Decisions;

namespace Aviator.Core.Boards;

/// <summary>
/// What a decision would gain that is not carried out (<see cref="GainEstimate"/>): all answers of now beside those of now that come from
/// where it would send requests. Load does not move in it. Times in milliseconds.
/// </summary>
/// <param name="P50NowMs">Median of all answers.</param>
/// <param name="P99NowMs">99th percentile of all answers.</param>
/// <param name="P50Ms">Median by the decision.</param>
/// <param name="P99Ms">99th percentile by the decision.</param>
/// <param name="Moved">Share of the requests, 0 to 1, that would go to other endpoints than now.</param>
public sealed record GainBoard(double P50NowMs, double P99NowMs, double P50Ms, double P99Ms, double Moved);
