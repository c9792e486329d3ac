namespace Aviator.Core.Boards;

/// <summary>One thing that a decision changed.</summary>
/// <param name="AtMs">When, in Unix milliseconds.</param>
/// <param name="Pod">The pod that it is about; null when it is about the policy.</param>
/// <param name="Kind">"Admitted", "Excluded", "Ejected" or "Readmitted"; readers show a word that they do not know as it is.</param>
/// <param name="Message">What and why, in words.</param>
public sealed record DecisionEntry(long AtMs, string? Pod, string Kind, string Message);
