namespace Steward.Benchmarks.Measuring;

/// <summary>One figure beside what the design wants of it (DESIGN, section 9).</summary>
internal sealed record Target(string Name, double Measured, string Unit, double Limit, bool AtLeast)
{
    public bool IsMet => AtLeast ? Measured >= Limit : Measured < Limit;

    public override string ToString() => $"{(IsMet ? "met   " : "MISSED")} {Name}: {Measured:0.##} {Unit}, target {(AtLeast ? "≥" : "<")} {Limit:0.##} {Unit}";
}
