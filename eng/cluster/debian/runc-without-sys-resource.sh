#!/bin/sh
# Container runtime for machines where root lacks CAP_SYS_RESOURCE: kubelet asks for a negative oom_score_adj, which the
# kernel then refuses, and runc fails with "can't get final child's PID from pipe: EOF". Sets such values to 0, then is runc.
bundle=.
previous=
creates=
for argument; do
    [ "$previous" != --bundle ] || bundle=$argument
    [ "$argument" != create ] || creates=yes
    previous=$argument
done
if [ -n "$creates" ]; then
    config=$bundle/config.json
    jq 'if (.process.oomScoreAdj // 0) < 0 then .process.oomScoreAdj = 0 else . end' "$config" >"$config.new" &&
        mv "$config.new" "$config" || exit 1
fi
exec runc "$@"
