namespace Aviator.Agent.Engines;

/// <summary>How a question to an engine ended.</summary>
internal enum EngineOutcome
{
    /// <summary>It said how many requests wait.</summary>
    Answered,

    /// <summary>No whole answer within the time limit.</summary>
    TimedOut,

    /// <summary>No connection, or it ended before the answer did.</summary>
    Unreachable,

    /// <summary>A status other than 200.</summary>
    Status,

    /// <summary>The answer is longer than any engine's metrics.</summary>
    TooLarge,

    /// <summary>The answer does not hold the wanted figure.</summary>
    NoFigure,
}

/// <summary>What came of a question to an engine.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Sample">What it said; null unless it was answered.</param>
/// <param name="Detail">Why there is no sample, as the end of a sentence; empty when there is one.</param>
internal readonly record struct EngineAnswer(EngineOutcome Outcome, EngineSample? Sample, string Detail)
{
    public static EngineAnswer Of(EngineSample sample) => new(EngineOutcome.Answered, sample, "");

    public static EngineAnswer Failed(EngineOutcome outcome, string detail) => new(outcome, null, detail);
}
