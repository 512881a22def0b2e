namespace Steward.Engines.Sandboxing;

/// <summary>Reads code before it runs. A courtesy to the model that wrote it and a tripwire; isolation does not rely on it.</summary>
public interface ICodeValidator
{
    /// <summary>Says whether the code keeps to the allowed modules and commands. The code is parsed in a sandbox; a parser that fails or takes too long refuses.</summary>
    Task<CodeVerdict> ValidateAsync(SandboxProfile profile, string code, CancellationToken cancellationToken);
}

/// <summary>What the validator said.</summary>
/// <param name="Allowed">Whether the code may run; false exactly when there is a finding.</param>
/// <param name="Findings">What is wrong, at most 50, by line.</param>
public sealed record CodeVerdict(bool Allowed, IReadOnlyList<CodeFinding> Findings)
{
    /// <summary>Nothing was found.</summary>
    public static CodeVerdict Clean { get; } = new(true, []);
}

/// <summary>One thing the validator does not allow.</summary>
/// <param name="Line">The line, counted from 1; 0 when it concerns the whole.</param>
/// <param name="Rule">A stable word for the rule, such as <c>import</c>.</param>
/// <param name="Reason">What is not allowed and, where there is one, the allowed way.</param>
public sealed record CodeFinding(int Line, string Rule, string Reason);
