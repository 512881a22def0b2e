namespace Steward.Engines.Inference.Tokenization;

/// <summary>What was written of a text, or of two.</summary>
/// <param name="Length">Ids, special tokens among them.</param>
/// <param name="SecondAt">Where the second text begins (token type 1); equal to the length where there is one text.</param>
/// <param name="IsTruncated">Whether something did not fit.</param>
public readonly record struct EncodedText(int Length, int SecondAt, bool IsTruncated);
