namespace Aviator.Core.Decisions;

/// <summary>Stage 6, last: whatever was decided, enough endpoints stay in use. Checked on the result, not on each change.</summary>
internal static class Guards
{
    /// <summary>Forces endpoints back in; returns the condition that says so.</summary>
    public static ConditionVerdict Apply(Context context)
    {
        var ready = context.Subjects.Count;
        var ejected = context.Subjects.Count(subject => subject.Ejected && !subject.OnTrial);
        if (ejected > 0 && (ready - ejected) * 100L < (long)context.Settings.Safety.PanicThreshold * ready)
        {
            foreach (var subject in context.Subjects.Where(subject => !subject.Record.Admitted))
                Force(subject, $"used although {(subject.Ejected ? "ejected" : "unselected")}: {ejected} of {ready} ready endpoints are ejected");
            return new(true, "Panic", $"{ejected} of {ready} ready endpoints are ejected, so fewer than {context.Settings.Safety.PanicThreshold} % are left: all ready ones are used.");
        }

        var missing = context.AtLeast - context.Subjects.Count(subject => subject.Record.Admitted && !subject.OnTrial);
        if (missing <= 0) return new(false, "Decided", "The decision rests on measurements.");
        foreach (var subject in context.Subjects.Where(subject => !subject.Record.Admitted)
            .OrderBy(subject => subject.Ejected)
            .ThenBy(subject => subject.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
            .ThenBy(subject => subject.Key, StringComparer.Ordinal).Take(missing).ToList())
            Force(subject, $"used although {(subject.Ejected ? "ejected" : "unselected")}: at least {context.AtLeast} endpoints must be");
        return new(true, "MinEndpoints", $"Fewer than {context.AtLeast} endpoints are good enough: ejected ones are used to keep that many.");
    }

    private static void Force(Subject subject, string reason)
    {
        subject.Forced = true;
        subject.Reason = reason;
    }
}
