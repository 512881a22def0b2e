#!/usr/bin/env bash
# Trains one model, or all: train.sh encoder|intents|it-topic|it-assignment|banking77|clinc150|request-complexity|embedder|reranker|golden|alone|public|all
# A checkpoint in artifacts/training is used again; --fresh throws the named model's checkpoint away first;
# --keep-encoder leaves a classifier's encoder as it is in models/ and makes the linear part and the calibration anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
python="${PYTHON:-/usr/bin/python3}"
work="${STEWARD_TRAINING_WORK:-../artifacts/training}"

run() {
  echo "== $1"
  local began=$SECONDS
  case "$1" in
    encoder) [ -e "$work/encoder.pt" ] || nice -n 19 "$python" -m steward_training.pretrain ;;
    intents) [ -e "$work/intents.pt" ] || nice -n 19 "$python" -m steward_training.intents ;;
    it-topic|it-assignment|banking77|clinc150) nice -n 19 "$python" -m steward_training.stack "$1" ;;
    request-complexity) nice -n 19 "$python" -m steward_training.complexity ;;
    embedder) nice -n 19 "$python" -m steward_training.embed ;;
    reranker) nice -n 19 "$python" -m steward_training.rerank ;;
    alone) "$python" -m steward_training.alone ;;
    public) nice -n 19 "$python" -m steward_training.public ;;
    golden) "$python" -m steward_training.golden ;;
    *) echo "no model '$1'" >&2; exit 2 ;;
  esac
  echo "== $1: $((SECONDS - began)) s"
}

names=()
for name in "$@"; do
  if [ "$name" = --fresh ]; then fresh=1; continue; fi
  if [ "$name" = --keep-encoder ]; then export STEWARD_KEEP_ENCODER=1; continue; fi
  if [ "$name" = all ]; then names+=(encoder embedder intents it-topic it-assignment clinc150 banking77 request-complexity reranker golden)
  else names+=("$name"); fi
done
[ ${#names[@]} -gt 0 ] || { sed -n 2,4p "$0"; exit 2; }
for name in "${names[@]}"; do
  if [ -n "${fresh:-}" ]; then rm -f "$work/$name.pt" "$work/$name".[0-9].pt "$work/$name".final.pt "$work/$name".[0-9].final.pt "$work/$name.npz" "$work/$name.scores.npz"; fi
  like="$name"
  if [ "$name" = intents ]; then like=embedder; fi
  if [ ! -e "$work/vocab.txt" ] && [ -e "../models/$like/vocab.txt" ] && [ "$name" != encoder ]; then
    mkdir -p "$work" && cp "../models/$like/vocab.txt" "$work/"
  fi
  # These start from other models: where those are shipped, nothing has to be pre-trained for them.
  if [ -z "${STEWARD_KEEP_ENCODER:-}" ]; then
    case "$name" in
      encoder|alone|golden|public) ;;
      intents|it-assignment) [ -e ../models/embedder/model.onnx ] || run encoder ;;
      clinc150) [ -e ../models/embedder/model.onnx ] || run encoder; run intents ;;
      banking77) [ -e ../models/clinc150/model.onnx ] || [ -e "$work/clinc150.pt" ] || { run encoder; run intents; run clinc150; } ;;
      *) run encoder ;;
    esac
  fi
  run "$name"
done
